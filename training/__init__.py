"""How every shipped model was made: simulated anatomy, training, export, evaluation.

Nothing here runs in production. `python -m training.build` makes all models again.
"""
