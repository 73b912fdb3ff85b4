/** That a list leaves out what is at other sites: nobody overlooks it because of a choice of last week. */
import { Button } from "@mantine/core";
import { text } from "../text.ts";
import { useSite } from "./site.ts";

export function SiteNote({ hidden }: { readonly hidden: number }) {
  const { chosen, choose } = useSite();
  if (!chosen || hidden === 0) return null;
  return (
    <span className="sp-dim" role="status">
      {text.shell.elsewhere(hidden, chosen.name)}{" "}
      <Button variant="subtle" size="compact-sm" onClick={() => choose("")}>
        {text.shell.showAllSites}
      </Button>
    </span>
  );
}
