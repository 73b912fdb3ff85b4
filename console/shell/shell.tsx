/** Around every page of a signed-in person: header, navigation by rights, help, notices. */
import { Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { Outlet, ScrollRestoration, useLocation } from "react-router";
import { liveSocket } from "../components/live.ts";
import { MeContext, useMe } from "../components/me.ts";
import { PageNotFound } from "../components/page-crash.tsx";
import { ApiProblem } from "../components/problem.ts";
import { meQuery } from "../components/queries.ts";
import { useDraftsBack } from "../components/sealed-drafts.ts";
import { Loading, ProblemNotice } from "../components/states.tsx";
import { text } from "../text.ts";
import { Header } from "./header.tsx";
import { HelpDrawer } from "./help-drawer.tsx";
import { Navigation } from "./navigation.tsx";
import { Notices } from "./notices.tsx";
import { mayOpen } from "./pages-by-right.ts";
import { useShortcuts } from "./shortcuts.ts";
import "./shell.css";

/** More at once are not read; the others wait. */
const NOTIFICATIONS_MAX = 3;

export function Shell() {
  const me = useQuery(meQuery);
  const draftsAreBack = useDraftsBack(me.data !== undefined);
  if (me.data === undefined) {
    const leaving = me.error instanceof ApiProblem && me.error.status === 401;
    if (!me.error || leaving) return <Loading />;
    return (
      <main className="sp-page">
        <ProblemNotice
          thrown={me.error}
          title={text.error.meFailed}
          onRetry={() => void me.refetch()}
        />
      </main>
    );
  }
  if (!draftsAreBack) return <Loading />;
  return (
    <MeContext value={me.data}>
      <Frame />
    </MeContext>
  );
}

function Frame() {
  const [navigationOpen, navigation] = useDisclosure(false);
  const [helpOpen, help] = useDisclosure(false);
  const { pathname } = useLocation();
  const { rights, site } = useMe();
  useShortcuts(help.open);
  useEffect(() => {
    liveSocket();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes whenever the page changes
  useEffect(() => navigation.close(), [pathname]);
  return (
    <div className="sp-shell">
      <a className="sp-skip" href="#content">
        {text.shell.skip}
      </a>
      <Header onNavigation={navigation.open} onHelp={help.open} />
      <nav className="sp-side" aria-label={text.shell.navigation}>
        <Navigation />
      </nav>
      <main id="content" className="sp-main" tabIndex={-1}>
        <Notices />
        <Suspense fallback={<Loading />}>
          {mayOpen(pathname, rights) ? <Outlet /> : <PageNotFound />}
        </Suspense>
      </main>
      <Drawer
        opened={navigationOpen}
        onClose={navigation.close}
        size={260}
        title={`${text.product} · ${site.name}`}
        closeButtonProps={{ "aria-label": text.shell.closeNavigation }}
      >
        <nav aria-label={text.shell.navigation}>
          <Navigation />
        </nav>
      </Drawer>
      <HelpDrawer opened={helpOpen} onClose={help.close} path={pathname} />
      <Notifications position="bottom-right" limit={NOTIFICATIONS_MAX} />
      <ScrollRestoration />
    </div>
  );
}
