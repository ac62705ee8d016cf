"""UsdPhysics to MuJoCo: one module per question, ``translate`` puts the answers together."""
