"""The panic post: a key, a light, a siren, lamps, and the incident behind them."""
