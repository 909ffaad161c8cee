"""Titles that some program on their way would read as more than text."""

TEMPLATES = [
    "cats {grey} against dogs",
    "{{ 7 * 7 }}",
    "{% for a in range(9) %}",
    "{%- endraw %}{{ 7 * 7 }}{# gone #}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
]
FORMULAS = [r"$\frac{1$", r"$\mathbb{R}$", "from $5 to $6_a^b", "\\", r"C:\temp\new \alpha", "_hidden"]
MARKUP = [
    ".. include:: Snakefile",
    "\n\n.. raw:: html\n\n   <script>alert(1)</script>\n",
    "A*B, my_data_ and |z|",
    "**bold** `text` :math:`x` ``literal`` Workflow_ [1]_ __x__",
    "https://example.org, a@example.org",
    "=====",
    "::",
    "- item",
]
PAGES = ["</script><script>alert(1)</script>", "<b>bold</b> &amp; \"quoted\" 'text'", "<!-- <script>"]
CELLS = ["=1+1", "+1", "-1+1", "@SUM(A1)", " =1+1", "＝1+1", "'=1", 'a,"b"\r\n=1']
CHARACTERS = [
    "手書き数字",
    "Цифры",
    "digits 😀 🧑\u200d🚀",
    "beep\x07 and \x1b[31mred\x00",
    "turned \u202e round",
    "half \ud83d",
    "%s %(a)d %% $HOME `date` $(date)",
    "x" * 100,
]
TITLES = [*TEMPLATES, *FORMULAS, *MARKUP, *PAGES, *CELLS, *CHARACTERS]
