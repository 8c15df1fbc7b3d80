"""What the safety filter is made of: the brake, the clearances, the judges and the ladder."""
