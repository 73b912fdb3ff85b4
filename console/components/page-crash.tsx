/** Instead of a page that threw or does not exist. */
import { Button } from "@mantine/core";
import { Link, useRouteError } from "react-router";
import { text } from "../text.ts";
import { Page } from "./page.tsx";
import { Empty, ProblemNotice } from "./states.tsx";

export function PageCrash() {
  const thrown = useRouteError();
  return (
    <Page title={text.error.pageTitle}>
      <ProblemNotice
        thrown={thrown}
        title={text.error.pageAdvice}
        onRetry={() => window.location.reload()}
      />
    </Page>
  );
}

export function PageNotFound() {
  return (
    <Page title={text.error.notFoundTitle}>
      <Empty
        title={text.error.notFound}
        action={
          <Button component={Link} to="/" variant="default" mt="xs">
            {text.error.toPlant}
          </Button>
        }
      >
        {window.location.pathname}
      </Empty>
    </Page>
  );
}
