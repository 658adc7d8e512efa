"""`python -m jingpai`: the command line where the script `jingpai` is not on the path."""

from jingpai.cli import main

if __name__ == "__main__":
    main()
