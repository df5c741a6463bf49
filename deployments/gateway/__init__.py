"""What stands before every deployed model: who may ask, what fits, who answers, and what is counted."""
