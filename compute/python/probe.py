"""Says what identifies an interpreter, and which files say that it is still the same one."""
import json
import os
import re
import site
import sys
from importlib import metadata

packages = set()
for d in metadata.distributions():
    name = d.metadata["Name"]
    if name:
        name = re.sub(r"[-_.]+", "-", name).lower()
        if name not in ("pip", "setuptools", "wheel", "uv"):  # they make environments and compute nothing
            packages.add(f"{name}=={d.version}")
watch = [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
watch += [os.path.join(sys.prefix, "pyvenv.cfg"), sys.executable]
print(json.dumps({
    "python": "%d.%d" % sys.version_info[:2],
    "packages": sorted(packages),
    "watch": sorted({p for p in watch if os.path.exists(p)}),
}))
