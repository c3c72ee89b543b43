"""What changed between two versions of an agreement, for whom, how much it weighs, and who must sign it."""
