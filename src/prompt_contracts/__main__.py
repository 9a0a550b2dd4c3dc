"""`python -m prompt_contracts` is the command `prompt-contracts`."""

from prompt_contracts.cli import main

raise SystemExit(main())
