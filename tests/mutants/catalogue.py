"""All mutants: importing this module registers every defect and every variant."""

import importlib
import pkgutil

from tests.mutants import defects, variants
from tests.mutants.registry import MUTANTS, Mutant

for _area in pkgutil.iter_modules(defects.__path__):
    importlib.import_module(f"{defects.__name__}.{_area.name}")

DEFECTS = {name: mutant for name, mutant in MUTANTS.items() if mutant.clause is not None}
VARIANTS = {name: mutant for name, mutant in MUTANTS.items() if mutant.clause is None}

__all__ = ["DEFECTS", "MUTANTS", "VARIANTS", "Mutant", "variants"]
