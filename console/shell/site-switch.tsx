/** The name of the site; where this broker serves several, which of them one looks at. */
import { NativeSelect } from "@mantine/core";
import { useMe } from "../components/me.ts";
import { useNow } from "../components/now.ts";
import { useSite, wallClock } from "../components/site.ts";
import { text } from "../text.ts";

export function SiteSwitch() {
  const { site } = useMe();
  const { sites, chosen, choose } = useSite();
  if (sites.length === 0) return <span className="sp-site">{site.name}</span>;
  return (
    <>
      <NativeSelect
        className="sp-site-switch"
        size="xs"
        aria-label={text.shell.site}
        value={chosen?.id ?? ""}
        onChange={(event) => choose(event.currentTarget.value)}
        data={[
          { value: "", label: text.shell.allSites(site.name) },
          ...sites.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      {chosen && <SiteClock timeZone={chosen.timeZone} />}
    </>
  );
}

/** Its windows and hours are told by this clock, not by the viewer's. */
function SiteClock({ timeZone }: { readonly timeZone: string }) {
  const nowMs = useNow();
  return (
    <span className="sp-site-clock" title={text.shell.siteClock(timeZone)}>
      {wallClock({ timeZone }, nowMs)}
    </span>
  );
}
