import { useSyncExternalStore } from "react";
import { RelativeTime } from "../../components/time.tsx";
import { sentence } from "../../text/session.ts";
import { webText as words } from "../../text/web.ts";
import type { RefusalsDesk } from "./refusals-desk.ts";

export function RefusedList({ desk }: { readonly desk: RefusalsDesk }) {
  const refused = useSyncExternalStore(desk.subscribe, desk.all);
  return (
    <section className="wp-list" aria-label={words.refusals}>
      <h2>{words.refusals}</h2>
      {refused.length === 0 ? (
        <p className="wb-dim">{words.noRefusals}</p>
      ) : (
        <ul aria-live="polite">
          {refused.map(({ id, atMs, verdict, rule, reason }) => (
            <li key={id} data-verdict={verdict}>
              <span>
                {verdict === "hold" && `${words.waiting}. `}
                {sentence(reason)}
              </span>
              <span className="wp-rule">{words.rule(rule)}</span>
              <span className="wb-dim">
                <RelativeTime atMs={atMs} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
