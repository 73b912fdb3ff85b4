/** A notice in the form that each receiver of web messages takes. Text from people stays text. */
import type { WebVia } from "../model.ts";
import type { Notice } from "./notice.ts";

export function noticeBody(form: WebVia["form"], notice: Notice): string {
  return JSON.stringify(FORMS[form](notice));
}

const FORMS: Readonly<Record<WebVia["form"], (notice: Notice) => unknown>> = {
  webhook: ({ topic, kind, atMs, urgent, title, facts, link, id }) => ({
    ...{ version: 1, id, topic, kind, urgent, title, link },
    at: new Date(atMs).toISOString(),
    facts: Object.fromEntries(facts),
  }),
  slack,
  teams,
};

/** https://docs.slack.dev/reference/block-kit/blocks: a header takes 150 characters. */
const SLACK_HEADER_MAX = 150;

/** `plain_text` is never read as markup; the notification's text is, so it is escaped. */
function slack({ title, facts, link, linkText, urgent }: Notice): unknown {
  const plain = (text: string) => ({ type: "plain_text", text, emoji: false });
  return {
    text: escapeMarkup(title),
    blocks: [
      {
        type: "header",
        text: plain(`${urgent ? "Alarm: " : ""}${title}`.slice(0, SLACK_HEADER_MAX)),
      },
      {
        type: "section",
        fields: facts.map(([label, value]) => plain(`${label}: ${value}`)),
      },
      {
        type: "actions",
        elements: [{ type: "button", text: plain(linkText), url: link }],
      },
    ],
  };
}

/** Otherwise `<!channel>` in somebody's name would call everybody. */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** An adaptive card; rich text blocks take their text as it is, where text blocks read Markdown. */
function teams({ title, facts, link, linkText, urgent }: Notice): unknown {
  const line = (runs: readonly unknown[]) => ({ type: "RichTextBlock", inlines: runs });
  const run = (text: string, more: Readonly<Record<string, unknown>> = {}) => ({
    ...{ type: "TextRun", text },
    ...more,
  });
  const heading = { weight: "Bolder", size: "Medium", ...(urgent && { color: "Attention" }) };
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: [
      line([run(`${urgent ? "Alarm: " : ""}${title}`, heading)]),
      ...facts.map(([label, value]) => line([run(`${label}: `, { isSubtle: true }), run(value)])),
    ],
    actions: [{ type: "Action.OpenUrl", title: linkText, url: link }],
  };
  const contentType = "application/vnd.microsoft.card.adaptive";
  return { type: "message", attachments: [{ contentType, contentUrl: null, content }] };
}
