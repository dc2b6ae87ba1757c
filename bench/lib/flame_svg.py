"""A flame graph as SVG, from the samples of `perf script`.

Width is time, height is depth; the root is at the bottom. Move the mouse over
a box for its name and share.
"""

import html
import re
import zlib

WIDTH, ROW, MARGIN, FONT = 1200, 16, 24, 11
MIN_WIDTH = 0.3  # pixels; narrower boxes are left out
LETTER = 6.2  # pixels
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*?)(?:\+0x[0-9a-f]+)? \((.*)\)$")


class Node:
    """A function at its place in the stacks."""

    def __init__(self):
        self.count = 0
        self.callees = {}

    def add(self, stack):
        self.count += 1
        node = self
        for name in stack:
            node = node.callees.setdefault(name, Node())
            node.count += 1

    def depth(self):
        return 1 + max((c.depth() for c in self.callees.values()), default=0)


def short(name):
    """A C++ name without arguments and templates."""
    if name.startswith("[") or "(anonymous" in name[:12]:
        return name
    depth, kept = 0, []
    for letter in name.replace("operator<", "operator lt").replace("->", "  "):
        depth -= letter in ">)"
        if depth == 0 and letter not in ">)<(":
            kept.append(letter)
        depth += letter in "<("
    return "".join(kept).strip() or name


def stacks(lines):
    """Yields each sample of `perf script` as names, the outermost first."""
    names, thread = [], None
    for line in lines:
        line = line.rstrip("\n")
        frame = FRAME.match(line)
        if frame:
            name, module = frame.groups()
            names.append(f"[{module.rsplit('/', 1)[-1]}]"
                         if name == "[unknown]" else short(name))
        elif line and not line[0].isspace():
            thread = line.split()[0]
        elif not line and names:
            yield [thread, *reversed(names)]
            names = []
    if names:
        yield [thread, *reversed(names)]


def colour(name):
    """Ours is green, the kernel red, everything else yellow to orange."""
    shade = zlib.crc32(name.encode()) % 60
    if name.startswith("pawl::"):
        return f"rgb({60 + shade},{170 + shade},90)"
    if name.startswith("[k") or re.match(r"(do_|__x64_|entry_|sys_)", name):
        return f"rgb({200 + shade // 2},80,70)"
    return f"rgb(240,{150 + shade},60)"


def box(name, count, total, left, top):
    width = count / total * (WIDTH - 2 * MARGIN)
    title = html.escape(f"{name}: {100 * count / total:.1f} %")
    fits = int((width - 6) / LETTER)
    label = html.escape(name if len(name) <= fits else name[:fits - 1] + "…")
    text = (f'<text x="{left + 3:.1f}" y="{top + 12}">{label}</text>'
            if fits > 3 else "")
    return (f'<g><title>{title}</title><rect x="{left:.1f}" y="{top}" '
            f'width="{width:.1f}" height="{ROW - 1}" fill="{colour(name)}"/>'
            f"{text}</g>")


def boxes(node, total, left, top):
    scale = (WIDTH - 2 * MARGIN) / total
    for name, callee in sorted(node.callees.items()):
        width = callee.count * scale
        if width >= MIN_WIDTH:
            yield box(name, callee.count, total, left, top)
            yield from boxes(callee, total, left, top - ROW)
        left += width


def to_svg(title, lines):
    root = Node()
    for stack in stacks(lines):
        root.add(stack)
    if root.count == 0:
        raise ValueError("no samples")
    height = root.depth() * ROW + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" font-family="monospace" font-size="{FONT}">',
        '<rect width="100%" height="100%" fill="#fffdf5"/>',
        f'<text x="{MARGIN}" y="16">{html.escape(title)}, {root.count} '
        "samples</text>",
        *boxes(root, root.count, MARGIN, height - MARGIN - ROW), "</svg>"]
    return "\n".join(parts) + "\n"
