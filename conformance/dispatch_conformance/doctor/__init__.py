"""Why nothing was tested: a worker is started and watched, and the reason is named with what to do.

`observe` starts it at a `bedside`, with a coordinator at the address that it is told and listeners where it
may go instead; what it did is `evidence`. `reasons` names the reason from that evidence alone: it is pure.
"""
