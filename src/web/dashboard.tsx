/**
 * The frame around every page: where one can go, how the link is, who one is.
 *
 * @module
 */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { actFor, apiKey, signIn, signInReason } from "./api.ts";
import { followStatus, link, status, tone } from "./live.ts";
import { Events } from "./pages/events.tsx";
import { Features } from "./pages/features.tsx";
import { Operations } from "./pages/operations.tsx";
import { Orders } from "./pages/orders.tsx";
import { Overview } from "./pages/overview.tsx";
import { Settings } from "./pages/settings.tsx";
import { edits } from "./pages/settings_state.ts";
import { AskDialog } from "./parts/ask.tsx";
import { watchCaller, Who } from "./who.tsx";

/** The pages, by the end of their address. */
const PAGES: Readonly<Record<string, readonly [string, ComponentType]>> = {
  overview: ["Overview", Overview],
  settings: ["Settings", Settings],
  events: ["Events", Events],
  features: ["Features", Features],
  orders: ["Orders", Orders],
  operations: ["Operations", Operations],
};

const page = signal(pageNamed());

function pageNamed(): string {
  const name = location.hash.replace(/^#\//, "");
  return Object.hasOwn(PAGES, name) ? name : "overview";
}

/** The whole. */
export function Dashboard() {
  const key = apiKey.value;
  useEffect(() => {
    const stop = new AbortController();
    followStatus(stop.signal);
    return () => stop.abort();
  }, [key]);
  useEffect(watchCaller, []);
  useEffect(() => {
    const go = () => {
      page.value = pageNamed();
      scrollTo(0, 0);
    };
    const guard = (event: BeforeUnloadEvent) => {
      if (edits.value.size > 0) event.preventDefault();
    };
    addEventListener("hashchange", go);
    addEventListener("beforeunload", guard);
    return () => {
      removeEventListener("hashchange", go);
      removeEventListener("beforeunload", guard);
    };
  }, []);
  const [title, Page] = PAGES[page.value]!;
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${title} · Holdfast`;
    // On a narrow screen the pages do not all have room. `scrollIntoView` would
    // have the keyboard begin there.
    const row = nav.current!;
    const wanted = row.querySelector("[aria-current]")!.getBoundingClientRect();
    const shown = row.getBoundingClientRect();
    row.scrollLeft += wanted.x - shown.x + (wanted.width - shown.width) / 2;
  }, [title]);
  const mustSignIn = signInReason.value !== undefined;
  return (
    <>
      <a class="skip" href="#content" onClick={focusMain}>
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/overview">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <polygon points="6,2.5 18,2.5 23.5,12 18,21.5 6,21.5 0.5,12" />
          </svg>
          Holdfast
        </a>
        <nav ref={nav} aria-label="Pages">
          {Object.entries(PAGES).map(([name, [label]]) => (
            <a
              key={name}
              href={`#/${name}`}
              aria-current={page.value === name ? "page" : undefined}
            >
              {label}
              {name === "settings" && edits.value.size > 0 && (
                <span class="unsaved" title="Unsaved changes">
                  {edits.value.size}
                  <span class="hidden">unsaved changes</span>
                </span>
              )}
            </a>
          ))}
        </nav>
        <Who />
        <LinkState />
      </header>
      <main id="content" tabIndex={-1}>
        {mustSignIn ? <SignIn /> : <Page />}
      </main>
      <footer>
        <span>
          Holdfast {status.value?.version}
          {status.value && `, as ${status.value.caller.user}`}
        </span>
        <a href="/docs">API reference</a>
        <a href="/docs/settings">All settings</a>
        {apiKey.value && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              actFor(undefined);
              signIn(undefined);
              signInReason.value = "Signed out.";
            }}
          >
            Sign out
          </button>
        )}
      </footer>
      <AskDialog />
    </>
  );
}

function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById("content")!.focus();
}

const LINK_WORDS = {
  connecting: "connecting",
  live: "live",
  reconnecting: "reconnecting",
  refused: "refused",
};

function LinkState() {
  return (
    <span class={`link ${link.value} ${tone.value}`} role="status">
      {signInReason.value === undefined ? LINK_WORDS[link.value] : "signed out"}
    </span>
  );
}

/** Asks for a key; the page that was open comes back after it. */
function SignIn() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        const given = input.current!.value.trim();
        if (given !== "") signIn(given);
      }}
    >
      <h1>Sign in</h1>
      <p>{signInReason.value}</p>
      <label class="field">
        API key
        <input
          ref={input}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          placeholder="hf_…"
        />
      </label>
      <p class="hint">It is kept in this tab until you close it.</p>
      <div class="buttons">
        <button type="submit">Sign in</button>
      </div>
    </form>
  );
}
