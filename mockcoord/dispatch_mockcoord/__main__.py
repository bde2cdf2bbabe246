"""`python -m dispatch_mockcoord` is `dispatch-mockcoord`."""

from dispatch_mockcoord.entry import main

if __name__ == "__main__":
    main()
