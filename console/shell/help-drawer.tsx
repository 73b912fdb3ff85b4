import { Drawer, Kbd, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMatch } from "react-router";
import { useMe } from "../components/me.ts";
import { sessionQuery } from "../components/queries.ts";
import { type HelpEntry, helpByPath, helpText } from "../text/help.ts";
import { text } from "../text.ts";
import { pagesFor } from "./pages-by-right.ts";
import { useShortcutsSetting } from "./shortcuts.ts";

interface HelpDrawerProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly path: string;
}

export function HelpDrawer({ opened, onClose, path }: HelpDrawerProps) {
  const entry = helpFor(path);
  const protocol = useProtocol();
  const spoken = entry?.of?.[protocol] ?? [];
  const [keysEnabled] = useShortcutsSetting();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={380}
      title={entry?.title ?? text.shell.help}
    >
      <Stack gap="sm">
        {[...spoken, ...(entry?.lines ?? [])].map((line) => (
          <Text key={line} size="sm">
            {line}
          </Text>
        ))}
        <Text component="h3" fw={600} size="sm" mt="md">
          {helpText.shortcutsTitle}
        </Text>
        {keysEnabled ? <Keys /> : <Text size="sm">{helpText.shortcutsOff}</Text>}
      </Stack>
    </Drawer>
  );
}

/** Of the session on this page, as its page knows it; empty on all others. */
function useProtocol(): string {
  const id = useMatch("/sessions/:id")?.params.id ?? "";
  return useQuery({ ...sessionQuery(id), enabled: false }).data?.protocol ?? "";
}

/** Those of every page, and of the pages that this person may open. */
function Keys() {
  const pages = pagesFor(useMe().rights);
  return (
    <dl className="sp-keys">
      {helpText.shortcuts.map(([keys, meaning]) => (
        <Key key={keys} keys={keys} meaning={meaning} />
      ))}
      {pages.map(({ path, name, key }) => (
        <Key key={path} keys={helpText.goTo(key)} meaning={name} />
      ))}
    </dl>
  );
}

function Key({ keys, meaning }: { readonly keys: string; readonly meaning: string }) {
  return (
    <div>
      <dt>
        <Kbd size="xs">{keys}</Kbd>
      </dt>
      <dd>{meaning}</dd>
    </div>
  );
}

function helpFor(path: string): HelpEntry | undefined {
  const prefixes = Object.keys(helpByPath).filter(
    (prefix) => path === prefix || (prefix !== "/" && path.startsWith(`${prefix}/`)),
  );
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : helpByPath[longest];
}
