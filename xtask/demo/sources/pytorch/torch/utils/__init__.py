"""What builds of torch and of its sister projects share."""
