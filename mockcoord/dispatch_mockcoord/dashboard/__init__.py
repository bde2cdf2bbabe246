"""The page at /dashboard: `plain` where there is no control face, `live` where there is one.

The live page is static (`static/`: HTML, a style sheet, JavaScript modules, served as they stand): what it
shows it asks of the control face.
"""
