"""How the prior on rings is made: platforms drawn at random, their rings beside the truth, the fit and its card."""
