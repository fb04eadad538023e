/**
 * Lets the program stand still at a chosen call, so that it can be killed
 * there. It is copied into a changed program; nothing imports it here.
 *
 * @module
 */

/** Files of the service's folder: which call is the last one, and how many go by. */
const DEATH = "death.json";

/** While it is there, what it names waits: `broker.open`, say. */
const HOLD = "hold";

/** Written when it has come to that call. */
const DYING = "dying";

/** Says which rule is switched off, where one is. */
const OFF = "off";

let off: string | undefined;
let chosen = "";
let passed = 0;

/** `port`, whose calls can be the last ones of this process, as files in `folder` say. */
export function mortal<Port extends object>(
  folder: string,
  name: string,
  port: Port,
): Port {
  off ??= read(folder, OFF) ?? "";
  // For changes of the program, wherever they are.
  Object.assign(globalThis, { isOff: (rule: string) => rule === off });
  return new Proxy(port, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      const call = `${name}.${String(key)}`;
      return (...args: unknown[]) => {
        if (read(folder, HOLD) === call) {
          return untilFree(folder, call).then(() => value.apply(target, args));
        }
        pass(folder, `${call} before`);
        const answer = value.apply(target, args);
        if (!(answer instanceof Promise)) return answer;
        return answer.then((result) => {
          pass(folder, `${call} after`);
          return result;
        });
      };
    },
  });
}

function read(folder: string, name: string): string | undefined {
  try {
    return Deno.readTextFileSync(`${folder}/${name}`);
  } catch {
    return undefined; // there is none
  }
}

async function untilFree(folder: string, call: string): Promise<void> {
  while (read(folder, HOLD) === call) {
    await new Promise((go) => setTimeout(go, 5));
  }
}

function pass(folder: string, place: string): void {
  const text = read(folder, DEATH);
  if (text === undefined) return;
  if (text !== chosen) [chosen, passed] = [text, 0];
  const death = JSON.parse(text);
  if (death.place !== place || ++passed < death.nth) return;
  Deno.writeTextFileSync(`${folder}/${DYING}`, place);
  // Nothing goes on in this thread until the process is killed.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
