"""Generated rows: made by hypothesis, chosen, and where one fails shrunk. The one place that imports hypothesis.

Entrances: `drawing.make_rows` and `shrinking.shrink`; `operands.operand_findings` tells what is wrong with a generator
before anything is made, and needs no hypothesis. Uses public names of hypothesis only.
Pure: who admits a row, who asks the model and who remembers what was asked is handed in. No file, no cell, no pytest.
"""
