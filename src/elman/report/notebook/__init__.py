"""The notebook beside the report: it trains from scratch, and is executed when it is written."""
