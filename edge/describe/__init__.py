"""The description of the outer contract, made from the models: `python -m edge.describe` writes docs/contract/ anew."""
