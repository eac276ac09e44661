import { formatSize } from '../../values/size.ts';
import type { ReportAttachment } from '../data.ts';
import { many } from './format.ts';
import { report, tagOf } from './state.ts';

/** What the plan has attached to the run: images, texts, JSON and pages; anything else as a link. */
export function Attachments() {
  const { attachments, moreAttachments } = report.value;
  if (attachments.length === 0) return null;
  return (
    <section id="attachments" aria-labelledby="attachments-title">
      <h2 id="attachments-title">Attachments</h2>
      <ul class="attachments">
        {attachments.map((attachment) => (
          <li key={`${attachment.of}/${attachment.name}`}>
            <Attachment attachment={attachment} isAlone={attachments.length === 1} />
          </li>
        ))}
      </ul>
      {moreAttachments > 0 && <p>and {many(moreAttachments, 'more attachment')}: see the outputs</p>}
    </section>
  );
}

/** Images are shown at once, the others when they are opened, or if there is only one. */
function Attachment({
  attachment,
  isAlone,
}: {
  readonly attachment: ReportAttachment;
  readonly isAlone: boolean;
}) {
  const { of, name, type, bytes, kind, href } = attachment;
  const title = (
    <>
      <strong>{name}</strong>{' '}
      <span class="attachment-about">
        {tagOf(of)} · {type} · {formatSize(bytes)}
      </span>
    </>
  );
  if (kind === 'file')
    return (
      <a href={href} target="_blank" rel="noreferrer">
        {title}
      </a>
    );
  return (
    <details open={isAlone || kind === 'image'}>
      <summary>{title}</summary>
      <Content attachment={attachment} />
    </details>
  );
}

function Content({ attachment: { of, name, kind, content } }: { readonly attachment: ReportAttachment }) {
  const label = `${name} of ${tagOf(of)}`;
  if (kind === 'image') return <img src={content} alt={label} />;
  // The policy of this page applies to it too: its scripts do not run, and it loads nothing.
  if (kind === 'html') return <iframe sandbox="" srcdoc={content} title={label} />;
  return (
    // A long text is scrolled with the keyboard, too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section class="attachment-text" tabIndex={0} aria-label={label}>
      <pre>{content}</pre>
    </section>
  );
}
