import { useQuery } from "@tanstack/react-query";
import { NavLink } from "react-router";
import { useMe, useRight } from "../components/me.ts";
import { requestsQuery } from "../components/queries.ts";
import { text } from "../text.ts";
import { type PageEntry, pagesFor } from "./pages-by-right.ts";

export function Navigation() {
  const pages = pagesFor(useMe().rights);
  return (
    <>
      <Group entries={pages.filter((entry) => entry.group === "work")} />
      <Group
        name={text.shell.groups.administration}
        entries={pages.filter((entry) => entry.group === "administration")}
      />
    </>
  );
}

interface GroupProps {
  readonly name?: string;
  readonly entries: readonly PageEntry[];
}

function Group({ name, entries }: GroupProps) {
  if (entries.length === 0) return null;
  return (
    <div className="sp-nav-group">
      {name !== undefined && <div className="sp-nav-name">{name}</div>}
      <ul>
        {entries.map((entry) => (
          <li key={entry.path}>
            <NavLink to={entry.path} end={entry.path === "/"} className="sp-nav-link">
              <entry.icon size={17} stroke={1.6} aria-hidden />
              {entry.name}
              {entry.path === "/access" && <WaitingCount />}
            </NavLink>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What waits for this person's yes, wherever they are. */
function WaitingCount() {
  const concerned = useRight("session:open", "session:end");
  const { data } = useQuery({ ...requestsQuery, enabled: concerned });
  const waiting = data?.filter((request) => request.mayDecide).length ?? 0;
  if (waiting === 0) return null;
  return (
    <span className="sp-nav-count" title={text.shell.waiting(waiting)}>
      <span aria-hidden>{waiting}</span>
      <span className="sp-unseen">{text.shell.waiting(waiting)}</span>
    </span>
  );
}
