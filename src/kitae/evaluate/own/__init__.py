"""Suites of our own writing that come with the package: see `suites.own_suite`."""
