/**
 * The statements of context variables.
 *
 * @module
 */
import {
  type Context,
  ContextVar,
  copyContext,
  type Token,
} from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Block, Json } from "./program.ts";
import { Missing, show, type Words } from "./words.ts";

/** The context variables of a program, and the contexts that it has named. */
export class Contexts {
  readonly #host: Interpreter;
  readonly #vars: ContextVar<Json>[] = [];
  readonly #tokens = new Map<string, Token<Json>>();
  readonly #contexts = new Map<string, Context>();

  /** There is none, at first. */
  constructor(host: Interpreter) {
    this.#host = host;
  }

  /** Makes a variable. */
  make(name: string, value: Json): ContextVar<Json> {
    const options = value === null ? {} : { default: value };
    const variable = new ContextVar<Json>(name, options);
    this.#vars.push(variable);
    return variable;
  }

  /** What every event of a program with variables also says. */
  values(): string {
    if (this.#vars.length === 0) return "";
    return ` {${this.#vars.map((each) => show(each.get("-"))).join(", ")}}`;
  }

  /** The options of what runs in a context. */
  options(name: Json | undefined): { context?: Context } {
    if (name === undefined) return {};
    return { context: this.#context(name as string) };
  }

  #context(name: string): Context {
    const context = this.#contexts.get(name);
    if (context === undefined) throw new Missing();
    return context;
  }

  /** Its words. */
  words(): Words {
    const variable = (name: string): ContextVar<Json> =>
      this.#host.object(name);
    return {
      acts: {
        "var.set": (name: string, value: Json, token: string) =>
          void this.#tokens.set(token, variable(name).set(value)),
        "var.get": (name: string) => variable(name).get(),
        "var.reset": (name: string, token: string) => {
          const taken = this.#tokens.get(token);
          if (taken === undefined) throw new Missing();
          variable(name).reset(taken);
        },
        "context.copy": (name: string) =>
          void this.#contexts.set(name, copyContext()),
        "context.of": (name: string, task: string) =>
          void this.#contexts.set(name, this.#host.task(task).getContext()),
        "context.run": (name: string, body: Block) =>
          this.#context(name).run(() => this.#host.actAll(body)),
        "context.see": (name: string) => {
          const context = this.#context(name);
          return this.#vars.map((each) =>
            context.has(each) ? context.get(each) : "-"
          );
        },
      },
    };
  }
}
