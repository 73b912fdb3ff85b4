/** What a request is for, in the words that its approver signs. */
import type { ReactNode } from "react";
import type { RequestView } from "../../../broker/api/shapes/requests.ts";
import { ClassBadges } from "../../components/class-badges.tsx";
import { useSiteTime } from "../../components/site.ts";
import { LocalTime } from "../../components/time.tsx";
import { accessText as words } from "../../text/access.ts";

export function RequestFacts({ request }: { readonly request: RequestView }) {
  const { terms } = words;
  const missing = request.approvals.filter(({ given, needed }) => given < needed);
  return (
    <dl className="ac-facts">
      <Fact name={terms.where}>
        {request.endpoints.map(({ id, assetName }) => (
          <div key={id}>
            {assetName} <span className="sp-mono sp-dim">{id}</span>
          </div>
        ))}
      </Fact>
      <Fact name={terms.what}>
        {request.profile} <ClassBadges classes={request.classes} />
        <div className="sp-dim">{request.profileDescription}</div>
      </Fact>
      <Fact name={terms.when}>
        <When request={request} />
      </Fact>
      <Fact name={terms.why}>{request.reason}</Fact>
      {request.ticket !== "" && <Fact name={terms.ticket}>{request.ticket}</Fact>}
      {request.state === "waiting" && missing.length > 0 && (
        <Fact name={terms.needs}>
          {missing.map(({ zone, by, needed, given }) => (
            <div key={zone}>
              {words.needs(by.map(words.approver), needed)}{" "}
              <span className="sp-dim">
                {words.forZone(zone)} {words.waits.given(given, needed)}
              </span>
            </div>
          ))}
        </Fact>
      )}
    </dl>
  );
}

export function When({ request }: { readonly request: RequestView }) {
  const { fromMs, untilMs, durationMs, weekly, sessionsMax, moreTimeFor } = request;
  const siteTime = useSiteTime();
  const length = durationMs === null ? "" : words.length(durationMs);
  return (
    <>
      {durationMs !== null &&
        (moreTimeFor === null ? words.forDuration(length) : words.moreDuration(length))}
      {weekly !== null && `${words.weekly(weekly)} (${siteTime(...request.sites)}) `}
      {fromMs !== null && (
        <>
          {words.from} <LocalTime atMs={fromMs} />{" "}
        </>
      )}
      {untilMs !== null && (
        <>
          {words.until} <LocalTime atMs={untilMs} />
        </>
      )}
      {sessionsMax !== null && <span className="sp-dim"> · {words.sessionsMax(sessionsMax)}</span>}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
