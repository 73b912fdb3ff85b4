/** The frame of a page: its name (also the tab's), a line about it, its actions, its content. */
import { Group, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { text } from "../text.ts";

interface PageProps {
  readonly title: string;
  /** One line under the title: counts, an id. Empty keeps its place until there is something to say. */
  readonly summary?: ReactNode;
  /** Right of the title; the primary one last. */
  readonly actions?: ReactNode;
  /** Fills the window's height and scrolls inside (map, workbench, player). */
  readonly fill?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, summary, actions, fill, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · ${text.product}`;
  }, [title]);
  useEffect(takeFocus, []);
  return (
    <div className={fill ? "sp-page sp-page-fill" : "sp-page"}>
      <Group justify="space-between" align="flex-start" gap="xs" mb="sm" className="sp-page-head">
        <div className="sp-page-name">
          <Title order={1} tabIndex={-1} id="page-title">
            {title}
          </Title>
          {summary !== undefined && (
            <Text component="div" c="dimmed" size="sm">
              {summary === "" ? NO_BREAK_SPACE : summary}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </div>
  );
}

/** As high as a line of words. */
const NO_BREAK_SPACE = "\u00a0";

let pagesShown = 0;

/** After going to another page the focus starts at its name; the first page leaves it to the browser. */
function takeFocus(): void {
  pagesShown += 1;
  if (pagesShown > 1) document.getElementById("page-title")?.focus({ preventScroll: true });
}
