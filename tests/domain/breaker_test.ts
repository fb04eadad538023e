/**
 * The circuit breaker.
 *
 * @module
 */
import { createBreaker, STRIKES } from "../../domain/breaker.ts";
import { equal } from "../support/assert.ts";

function closedBreaker() {
  const breaker = createBreaker();
  breaker.probe();
  breaker.probed(true);
  return { breaker, generation: breaker.admit()! };
}

Deno.test("a breaker is open until a first probe has succeeded", () => {
  const breaker = createBreaker();
  equal(breaker.isOpen, true);
  equal(breaker.admit(), undefined);
  equal(breaker.probe(), true);
  equal(breaker.admit(), undefined);
  breaker.probed(true);
  equal(breaker.isOpen, false);
  equal(breaker.admit() !== undefined, true);
});

Deno.test("three failures in a row open a breaker, once", () => {
  const { breaker, generation } = closedBreaker();
  const opened = Array.from({ length: 5 }, () => breaker.failed(generation));
  equal(opened.join(), "false,false,true,false,false");
  equal(STRIKES, 3);
  equal(breaker.isOpen, true);
  equal(breaker.admit(), undefined);
});

Deno.test("a success makes up for the failures before it", () => {
  const { breaker, generation } = closedBreaker();
  for (let i = 0; i < 5; i++) {
    equal(breaker.failed(generation), false);
    equal(breaker.failed(generation), false);
    breaker.succeeded(generation);
  }
  equal(breaker.isOpen, false);
});

Deno.test("what is reported of a former generation counts nothing", () => {
  const { breaker, generation: former } = closedBreaker();
  for (let i = 0; i < STRIKES; i++) breaker.failed(former);
  breaker.probe();
  breaker.probed(true);
  for (let i = 0; i < 10; i++) equal(breaker.failed(former), false);
  equal(breaker.isOpen, false);
  const now = breaker.admit()!;
  breaker.failed(now);
  breaker.failed(now);
  breaker.succeeded(former);
  equal(breaker.failed(now), true);
});

Deno.test("one probe is under way at a time, while the breaker is open", () => {
  const { breaker } = closedBreaker();
  equal(breaker.probe(), false);
  breaker.open();
  equal(breaker.isOpen, true);
  equal(breaker.probe(), true);
  equal(breaker.probe(), false);
  breaker.probed(false);
  equal(breaker.isOpen, true);
  equal(breaker.probe(), true);
  breaker.probed(true);
  equal(breaker.isOpen, false);
});
