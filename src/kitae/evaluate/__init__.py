"""model → scorecard: suites, scoring without a judge, intervals."""
