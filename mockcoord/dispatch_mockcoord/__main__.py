"""`python -m dispatch_mockcoord` is `dispatch-mockcoord`."""

from dispatch_mockcoord.cli import main

if __name__ == "__main__":
    main()
