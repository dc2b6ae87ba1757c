"""Prints a Grafana dashboard as TypeScript that compiles only when it has the
types of @grafana/schema. The expressions and units are plain text to them.
"""

import json
import pathlib
import sys

# Panel types, as the names of their modules are written.
PANELS = {"stat": "Stat", "timeseries": "TimeSeries"}
OPTIONS = "@grafana/schema/dist/esm/raw/composable/{}/panelcfg/x/{}PanelCfg_types.gen"

dashboard = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
print('import type { Dashboard, Panel } from "@grafana/schema";')
for kind, name in PANELS.items():
    module = OPTIONS.format(kind, name)
    print(f'import type {{ Options as {kind} }} from "{module}";')
# In JSON an enum is its text, and what is not there has its default.
print("type Json<T> = T extends string ? `${T}` : "
      "T extends object ? { [K in keyof T]?: Json<T[K]> } : T;")
print(f"export const dashboard: Dashboard = {json.dumps(dashboard)};")
for panel in dashboard["panels"]:
    number, kind = panel["id"], panel["type"]
    print(f"export const panel{number}: Panel = {json.dumps(panel)};")
    print(f"export const options{number}: Json<{kind}> = "
          f"{json.dumps(panel['options'])};")
