"""From what is typed behind `journey VERB` to a configuration: arguments, composition by Hydra, explanations."""
