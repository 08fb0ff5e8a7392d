"""What happened, on one page. Reads artifacts and records; nothing reports into it."""
