import {
  ActionIcon,
  Burger,
  Menu,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
} from "@mantine/core";
import {
  IconActivity,
  IconChevronDown,
  IconHelp,
  IconLogout,
  IconUserCircle,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../components/api.ts";
import { BrandMark } from "../components/brand-mark.tsx";
import { liveSocket } from "../components/live.ts";
import { useMe, useRight } from "../components/me.ts";
import { sessionsQuery } from "../components/queries.ts";
import { leaveForGood } from "../components/signed-out.ts";
import { asScheme } from "../components/theme-switch.tsx";
import { text } from "../text.ts";
import { AlarmCounter } from "./alarm-counter.tsx";
import { SiteSwitch } from "./site-switch.tsx";

interface HeaderProps {
  readonly onNavigation: () => void;
  readonly onHelp: () => void;
}

export function Header({ onNavigation, onHelp }: HeaderProps) {
  return (
    <header className="sp-header">
      <Burger
        className="sp-burger"
        size="sm"
        opened={false}
        onClick={onNavigation}
        aria-label={text.shell.openNavigation}
      />
      <Link to="/" className="sp-brand">
        <BrandMark size={22} />
        {text.product}
      </Link>
      <SiteSwitch />
      <span className="sp-header-space" />
      <AlarmCounter />
      <LiveCounter />
      <Tooltip label={text.shell.help}>
        <ActionIcon variant="subtle" size="lg" onClick={onHelp} aria-label={text.shell.help}>
          <IconHelp size={19} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <PersonMenu />
    </header>
  );
}

/** How many sessions run now, of those the person may see. */
function LiveCounter() {
  const mayList = useRight("session:list", "session:open");
  const { data } = useQuery({ ...sessionsQuery, enabled: mayList });
  if (!mayList || data === undefined || data.length === 0) return null;
  const words = text.shell.liveSessions(data.length);
  return (
    <Link to="/live" className="sp-live-counter" aria-label={words}>
      <IconActivity size={15} aria-hidden />
      <span className="sp-live-words">{words}</span>
      <span className="sp-live-number">{data.length}</span>
    </Link>
  );
}

function PersonMenu() {
  const { person } = useMe();
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <UnstyledButton className="sp-person" aria-label={`${text.shell.account}: ${person.name}`}>
          <IconUserCircle size={19} stroke={1.6} aria-hidden />
          <span className="sp-person-name">{person.name}</span>
          <IconChevronDown size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {person.email}
          <br />
          {person.roles.map((role) => text.roles[role]).join(", ")}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{text.theme.label}</Menu.Label>
        <ThemeItems />
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<IconUserCircle size={16} />}>
          {text.shell.account}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          {text.shell.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function ThemeItems() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu.RadioGroup value={colorScheme} onChange={(chosen) => setColorScheme(asScheme(chosen))}>
      {(["auto", "light", "dark"] as const).map((scheme) => (
        <Menu.RadioItem key={scheme} value={scheme} closeMenuOnClick={false}>
          {text.theme[scheme]}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}

/** Whatever the broker answers, this browser leaves: the page is loaded anew. */
async function signOut(): Promise<void> {
  liveSocket().disconnect();
  await api.signOut().catch(() => undefined);
  leaveForGood();
}
