"""Why nothing was tested: a worker is started and watched, and the reason is named with what to do.

`observe` starts it, with a coordinator at the address that it is told and listeners where it may go instead;
what it did is `evidence`. `causes` names the reason, and holds no more than that evidence: it is pure.
"""
