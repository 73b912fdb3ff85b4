import { NavLink } from "react-router";
import { useMe } from "../components/me.ts";
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
            </NavLink>
          </li>
        ))}
      </ul>
    </div>
  );
}
