"""Which model serves: versions, promotion, canary, rollback and who won against whom."""
