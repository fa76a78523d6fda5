/** The list of outputs: how each fares, with a switch. Only what the user set up can be switched. */
import { element } from "./panel";
import type { ClientMessage, Output, Outputs } from "./protocol";

/** The list is asked for this often, in ms. */
const ASK_MS = 1_000;

interface Row {
  readonly root: HTMLElement;
  readonly toggle: HTMLInputElement;
  readonly rate: HTMLElement;
  readonly detail: HTMLElement;
}

export class OutputList {
  private readonly rows = new Map<string, Row>();
  private allowed = false;

  /** @param send Sends a message; false where there is no connection. */
  constructor(private readonly send: (message: ClientMessage) => boolean) {
    setInterval(() => this.ask(), ASK_MS);
  }

  /** Whether this engine lets the page see and switch outputs. */
  allow(allowed: boolean): void {
    this.allowed = allowed;
    this.show([]);
    this.ask();
  }

  take(message: Outputs): void {
    this.show(message.outputs);
  }

  private ask(): void {
    if (this.allowed && !document.hidden) this.send({ type: "outputs" });
  }

  private show(outputs: readonly Output[]): void {
    element("outputs").hidden = outputs.length === 0;
    const names = new Set(outputs.map((output) => output.name));
    for (const [name, row] of this.rows) {
      if (names.has(name)) continue;
      row.root.remove();
      this.rows.delete(name);
    }
    for (const output of outputs) fill(this.row(output.name), output);
  }

  private row(name: string): Row {
    const known = this.rows.get(name);
    if (known) return known;
    const root = document.createElement("label");
    root.className = "output";
    const toggle = document.createElement("input");
    toggle.type = "checkbox";
    toggle.role = "switch";
    toggle.addEventListener("change", () => this.send({ type: "switch_output", name, on: toggle.checked }));
    const title = document.createElement("span");
    title.className = "name";
    title.textContent = name;
    const [rate, detail] = [document.createElement("output"), document.createElement("small")];
    root.append(toggle, title, rate, detail);
    element("output-rows").append(root);
    const row = { root, toggle, rate, detail };
    this.rows.set(name, row);
    return row;
  }
}

function fill(row: Row, output: Output): void {
  row.root.dataset.state = output.state;
  row.toggle.checked = output.state !== "off";
  row.rate.textContent = inWords(output);
  row.detail.textContent = output.state === "off" ? "" : output.detail;
}

/** What an output does, in a word or two. */
function inWords({ state, listening, rate_hz }: Output): string {
  if (state !== "running") return state;
  if (listening === false) return "nobody listens";
  return `${rate_hz.toFixed(0)} /s`;
}
