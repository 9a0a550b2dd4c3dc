"""Words for expectations and operators that people bring from other tools, and what they are here: tables only."""

from __future__ import annotations

from collections.abc import Mapping


def _table(*rows: tuple[str, str]) -> Mapping[str, str]:
    """Each row is words, apart by spaces, and the advice for all of them."""
    return {word: advice for words, advice in rows for word in words.split()}


# Of promptfoo's assertions, DeepEval's metrics, OpenAI's API and pytest's habits.
FOREIGN_FACETS = _table(
    ("contains includes contains-all", "write text: {$contains: ...}"),
    ("icontains contains_ignore_case", 'write text: {$regex: "(?i)..."}'),
    ("contains-any icontains-any", "write text: {$any_of: [{$contains: ...}, {$contains: ...}]}"),
    ("not-contains not_contains not_icontains excludes", "write text: {$not: {$contains: ...}}"),
    ("equals equal is exact exact_match", "write text: the text, or json: the value"),
    ("output content answer response reply message expected expected_output value", "write text: ..., or json: ..."),
    ("regex matches match pattern", "write text: {$regex: ...}"),
    ("starts-with starts_with startswith", 'write text: {$regex: "^..."}'),
    ("ends-with ends_with endswith", 'write text: {$regex: "...$"}'),
    ("is-json is_json valid_json isjson", "write json: {$schema: {}}"),
    ("contains-json contains_json", "write json: {$schema: {}} and json_in: fenced"),
    ("json_schema schema is-valid-json-schema response_schema", "write json: {$schema: ...}"),
    (
        "tools tools_called expected_tools tool_call tool_use function_call functions calls called",
        "write tool_calls: [{name: {argument: value}}], or tool_calls: none",
    ),
    ("no_tool_calls no_tools", "write tool_calls: none"),
    ("tokens max_tokens token_count completion_tokens", "write usage: {completion_tokens: {$le: 300}}"),
    ("time duration response_time max_latency elapsed", "write latency: {$le: 5}, in seconds"),
    ("price max_cost budget", "write cost: {$le: 0.01}, in US dollars"),
    ("status status_code http_status code", "write error: {status: 429}"),
    ("raises exception throws fails errors", "write error: {kind: rate_limit}"),
    ("refused is-refusal is_refusal refuses", "write refusal: true"),
    ("finish stop_reason", "write finish_reason: stop"),
    ("length max_length min_length", "write text: {$len: {$le: 200}}"),
    ("words max_words word_count", "write text: {$words: {$le: 50}}"),
    ("any or anyof", "write any_of: [{text: ...}, {json: ...}]"),
    ("all and allof", "write all_of: [{text: ...}, {json: ...}]"),
    ("none noneof", "write not: {any_of: [...]}"),
    ("python javascript function custom callable assert", "write check: package.module:function"),
    (
        "llm-rubric rubric similar factuality criteria metric metrics score g-eval model-graded-closedqa",
        "no model judges an answer here; write check: package.module:function for a rule of your own",
    ),
    ("temperature seed tool_choice response_format stream", "write it in 'request', beside 'expect'"),
    ("trials require timeout retry fault tags rows turns tool_results", "write it in the case, beside 'expect'"),
    ("calls_in_order ordered", "write order: strict"),
    ("strict", "a list of tool_calls is strict already; 'order: strict' minds their order"),
)
"""A word for something to be expected -> what to write instead."""

# Many are MongoDB's (`$gte`, `$nin`, `$elemMatch`) or JSON Schema's (`$oneOf`, `$minLength`).
FOREIGN_OPERATORS = _table(
    ("$matches $match $pattern $re $regexp $like", 'write {$regex: "..."}'),
    ("$equals $equal $is $value $const $exact", "write the value itself, or {$eq: value}"),
    ("$ne $neq $not_equal $notEquals", "write {$not: value}"),
    ("$in $oneOf $one_of $enum $or $any", "write {$any_of: [a, b]}"),
    ("$nin $none_of $not_in $noneOf", "write {$not: {$any_of: [a, b]}}"),
    ("$and $allOf $all", "write {$all_of: [a, b]}, or several operators in one mapping"),
    ("$gte $min $minimum $at_least", "write {$ge: number}"),
    ("$lte $max $maximum $at_most", "write {$le: number}"),
    ("$between $interval", "write {$range: [low, high]}"),
    ("$startsWith $starts_with $startswith $prefix", 'write {$regex: "^..."}'),
    ("$endsWith $ends_with $endswith $suffix", 'write {$regex: "...$"}'),
    ("$icontains $ignorecase $ignore_case $iequals", 'write {$regex: "(?i)..."}, or {$loosely: text}'),
    ("$includes $has $contain $substring", "write {$contains: ...}"),
    ("$contains_any $containsAny", "write {$any_of: [{$contains: a}, {$contains: b}]}"),
    ("$contains_all $containsAll", "write {$all_of: [{$contains: a}, {$contains: b}]}"),
    ("$not_contains $notContains", "write {$not: {$contains: ...}}"),
    ("$length $size $minLength $maxLength $min_length $max_length", "write {$len: {$le: 10}}"),
    ("$exists $present $required", "write {$schema: {}} for a key with any value, {$absent: true} for none"),
    ("$missing", "write {$absent: true}"),
    ("$anything $ignore $wildcard", "write {$schema: {}}, which holds of any value"),
    ("$partial $subset $extra $additional $rest $additionalProperties", "write $others: allow beside the keys"),
    ("$items $every $elements $forEach", "write {$each: pattern}"),
    ("$some $elemMatch $any_element", "write {$contains: pattern}"),
    ("$set $any_order $sorted", "write {$unordered: [a, b]}"),
    ("$close $almost $tolerance $delta $near $about", "write {$approx: 99.95, $within: 0.01}"),
    ("$path $pointer $jsonpath $key", "write {$at: {/json/pointer: pattern}}"),
    ("$typeof $kind", "write {$type: string}"),
    ("$null $is_null", "write null"),
    ("$func $function $python $call $custom", "write {$check: package.module:function}"),
    ("$ref $json_schema", "write {$schema: {...}}"),
    ("$include $file", "the file could not be included: see what is said of it"),
)
"""A word for an operator -> what to write instead."""
