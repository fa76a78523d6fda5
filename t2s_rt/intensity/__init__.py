"""The vocabulary of face actions, their measure, and the performer that plays them."""
