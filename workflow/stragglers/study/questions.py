"""The paper's open questions, each the subject of studies of its own: see ``question`` of the configuration."""

QUESTIONS: dict[str, tuple[str, ...]] = {"ledger": ("ledger", "ledger_runs", "vanishing")}
"""Question -> the tables that a study of it leaves beside its claims. Its figure is called ``figq_<question>``."""
