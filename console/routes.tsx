/** Every address of the console and the page behind it; pages are fetched when first needed. */
import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";
import { PageCrash, PageNotFound } from "./components/page-crash.tsx";
import { Loading } from "./components/states.tsx";

type Load = () => Promise<ComponentType>;

const inside: Record<string, Load> = {
  "/": () => import("./pages/plant/plant-page.tsx").then((page) => page.PlantPage),
  "/access": () => import("./pages/access/access-page.tsx").then((page) => page.AccessPage),
  "/break-glass": () =>
    import("./pages/break-glass/break-glass-page.tsx").then((page) => page.BreakGlassPage),
  "/vendors": () => import("./pages/vendors/vendors-page.tsx").then((page) => page.VendorsPage),
  "/figures": () => import("./pages/figures-page.tsx").then((page) => page.FiguresPage),
  "/review": () => import("./pages/review-page.tsx").then((page) => page.ReviewPage),
  "/sessions/:id": () => import("./workbench/session-page.tsx").then((page) => page.SessionPage),
  "/native/:id": () => import("./pages/native/native-page.tsx").then((page) => page.NativePage),
  "/device": () => import("./pages/device/device-page.tsx").then((page) => page.DevicePage),
  "/device/:code": () => import("./pages/device/device-page.tsx").then((page) => page.DevicePage),
  "/live": () => import("./pages/live-page.tsx").then((page) => page.LivePage),
  "/live/:id": () => import("./replay/watch-page.tsx").then((page) => page.WatchPage),
  "/recordings": () => import("./pages/recordings-page.tsx").then((page) => page.RecordingsPage),
  "/recordings/:id/report": () =>
    import("./replay/report-page.tsx").then((page) => page.ReportPage),
  "/links": () => import("./pages/links-page.tsx").then((page) => page.LinksPage),
  "/recordings/:id": () => import("./replay/player-page.tsx").then((page) => page.PlayerPage),
  "/people": () => import("./pages/people/people-page.tsx").then((page) => page.PeoplePage),
  "/grants": () => import("./pages/grants/grants-page.tsx").then((page) => page.GrantsPage),
  "/policy": () => import("./pages/policy/policy-page.tsx").then((page) => page.PolicyPage),
  "/alarms": () => import("./pages/alarms/alarms-page.tsx").then((page) => page.AlarmsPage),
  "/audit": () => import("./pages/audit/audit-page.tsx").then((page) => page.AuditPage),
  "/events": () => import("./pages/events-page.tsx").then((page) => page.EventsPage),
  "/health": () => import("./pages/health-page.tsx").then((page) => page.HealthPage),
  "/gateways": () => import("./pages/gateways/gateways-page.tsx").then((page) => page.GatewaysPage),
  "/plant-file": () =>
    import("./pages/plant-file/plant-file-page.tsx").then((page) => page.PlantFilePage),
  "/integrations": () =>
    import("./pages/integrations/integrations-page.tsx").then((page) => page.IntegrationsPage),
  "/account": () => import("./pages/account/account-page.tsx").then((page) => page.AccountPage),
};

const outside: Record<string, Load> = {
  "/shared": () => import("./replay/shared-page.tsx").then((page) => page.SharedPage),
  "/sign-in": () => import("./pages/sign-in/sign-in-page.tsx").then((page) => page.SignInPage),
  "/sign-in/through/:id": () =>
    import("./pages/sign-in/through-page.tsx").then((page) => page.ThroughPage),
  "/enrol": () => import("./pages/sign-in/enrol-page.tsx").then((page) => page.EnrolPage),
};

function routesOf(pages: Record<string, Load>): RouteObject[] {
  return Object.entries(pages).map(([path, load]) => ({
    path,
    lazy: async () => ({ Component: await load() }),
    errorElement: <PageCrash />,
    hydrateFallbackElement: <Loading />,
  }));
}

export const router = createBrowserRouter([
  {
    lazy: async () => ({ Component: (await import("./shell/shell.tsx")).Shell }),
    errorElement: <PageCrash />,
    hydrateFallbackElement: <Loading />,
    children: [...routesOf(inside), { path: "*", element: <PageNotFound /> }],
  },
  ...routesOf(outside),
]);
