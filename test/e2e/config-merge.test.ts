/**
 * The settings of a rebased image are those that a build of its Dockerfile on the new base gives.
 */
import { expect } from 'chai';
import { type Engine, startEngine } from './support/engine.ts';
import { buildImage, importBase } from './support/images.ts';
import { imageId, rebaseJson, whileStopped } from './support/scenario.ts';

/** What the Dockerfiles of the two bases say, above root file systems that differ. */
const OLD_BASE = `
ENV JAVA_HOME=/opt/java-11 LANG=C ONLY_OLD=1 SAME=same
ENV PATH=/opt/java/bin:/usr/bin:/bin
LABEL release=1 only.old=1 same=same
EXPOSE 80 81/udp
VOLUME /data /old
WORKDIR /work/old
USER old
STOPSIGNAL SIGINT
HEALTHCHECK CMD ["true"]
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo <old> && true"]
`;
const NEW_BASE = `
ENV LANG=C.UTF-8 ONLY_NEW="größe <&>" JAVA_HOME=/opt/java-17 SAME=same
ENV PATH=/opt/new/bin:/usr/bin:/bin
LABEL release=2 only.new="<2>" same=same
EXPOSE 80 82
VOLUME /data /new
WORKDIR /work/new
USER new
STOPSIGNAL SIGQUIT
HEALTHCHECK NONE
ENTRYPOINT ["/bin/busybox", "sh", "-c"]
CMD ["echo <new> && true"]
SHELL ["/bin/busybox", "sh", "-c"]
ONBUILD LABEL made.by=trigger
`;

/** Those that the Dockerfiles name while they are built. */
const USERS = {
  'etc/passwd': 'root:x:0:0::/:/bin/sh\nold:x:7:7::/:/bin/sh\nnew:x:8:8::/:/bin/sh\n',
  'etc/group': 'root:x:0:\nold:x:7:\nnew:x:8:\n',
};

/** Most of the commands are in no image. */
const NEVER_RUN = ['--allow', 'missing'];

/** Builds at a time. */
const BUILDERS = 4;

/** Instructions of an application, by what they say of the command. */
const APPS: Readonly<Record<string, string>> = {
  'nothing of its own': '',
  CMD: `ENV APP=1 MODE="two words"
ENV LAST=<&>
USER root
RUN touch /app
USER old
CMD ["serve", "--flag"]`,
  // In shell form the base's SHELL is part of it.
  'SHELL, and CMD in shell form': `SHELL ["/bin/sh", "-c"]
ENV APP=1 LANG=C
ENV MORE=2
CMD echo app`,
  'the CMD that the old base has': `ENV ONLY_OLD=1
VOLUME ["/old", "/app data"]
CMD ["echo <old> && true"]`,
  'ENTRYPOINT, which takes CMD away': `ENV APP=1 ONLY_NEW=mine
ENV MORE=2
HEALTHCHECK NONE
LABEL app=1 release=mine same=same
LABEL only.old=1
ENTRYPOINT ["/app"]`,
  'ENTRYPOINT and CMD': `ENV APP=1 ONLY_OLD=mine
ENV MORE=2
USER nobody:nogroup
STOPSIGNAL 9
HEALTHCHECK --retries=2 --timeout=3s CMD echo $APP
ENTRYPOINT ["/app"]
CMD ["serve"]`,
  'CMD and then ENTRYPOINT': `ENV LANG=de
ENV APP=1 LANG=C
EXPOSE 81/udp 8080
EXPOSE 443/tcp 9000-9002
CMD ["serve"]
ENTRYPOINT ["/app"]`,
  'the ENTRYPOINT that the old base has': `ENV PATH=/bin:/app/bin
USER old
WORKDIR /work/old
ENTRYPOINT ["/bin/sh", "-c"]`,
  'no ENTRYPOINT': `USER root
WORKDIR /srv/app
ENTRYPOINT []`,
  'no CMD, and triggers': `CMD []
ONBUILD RUN true
ONBUILD ENV X=1`,
};

interface Document {
  readonly images: readonly {
    readonly outcome: string;
    readonly verdict: string;
    readonly settings: readonly { readonly field: string; readonly kind: string }[];
  }[];
}

interface Case {
  readonly tag: string;
  readonly expected: string;
  readonly dockerfile: string;
  readonly buildkit: boolean;
  readonly says: string;
}

const CASES: readonly Case[] = [false, true].flatMap((buildkit) =>
  Object.entries(APPS).map(([says, instructions], at) => {
    const tag = `${buildkit ? 'buildkit' : 'classic'}-${at}:app`;
    return {
      tag,
      expected: tag.replace(':app', ':expected'),
      dockerfile: `${instructions}\nLABEL case=${buildkit ? 'buildkit' : 'classic'}-${at}\n`,
      buildkit,
      says: `${says}, built by ${buildkit ? 'BuildKit' : 'the classic builder'}`,
    };
  }),
);
const TAGS = CASES.map(({ tag }) => tag);

describe('the settings of a rebased image', () => {
  let engine: Engine;
  const firstIds = new Map<string, string>();
  let there: Document;

  before(async () => {
    engine = await startEngine();
    await importBase(engine, 'rootfs:old', { ...USERS, 'etc/which': 'old\n' });
    await importBase(engine, 'rootfs:new', { ...USERS, 'etc/which': 'new\n' });
    await buildImage(engine, 'base:old', `FROM rootfs:old${OLD_BASE}`);
    await buildImage(engine, 'base:new', `FROM rootfs:new${NEW_BASE}`);
    let next = 0;
    const builder = async (): Promise<void> => {
      for (let one = CASES[next++]; one !== undefined; one = CASES[next++]) {
        const { tag, expected, dockerfile, buildkit } = one;
        firstIds.set(tag, await build(tag, `FROM base:old\n${dockerfile}`, buildkit));
        await build(expected, `FROM base:new\n${dockerfile}`, buildkit);
      }
    };
    await Promise.all(Array.from({ length: BUILDERS }, builder));
    there = await offline('base:new', 'base:old');
  });
  after(() => engine.dispose());

  for (const { tag, expected, says } of CASES) {
    it(says, async () => {
      const settings = await configOf(tag);
      const wanted = await configOf(expected);
      expect(settings).to.deep.equal(wanted);
      expect(Object.keys(settings)).to.deep.equal(Object.keys(wanted));
    });
  }

  it('conflict nowhere, since the histories tell whose choice each was', () => {
    expect(there.images.map(({ outcome }) => outcome)).to.deep.equal(TAGS.map(() => 'rebased'));
    for (const { settings } of there.images) {
      expect(settings.filter(({ kind }) => kind !== 'kept' && kind !== 'taken')).to.deep.equal([]);
    }
  });

  it('and back on the old base each image has its first ID', async () => {
    await offline('base:old', 'base:new');
    for (const tag of TAGS) expect(await imageId(engine, tag), tag).to.equal(firstIds.get(tag));
  });

  function build(tag: string, dockerfile: string, buildkit: boolean): Promise<string> {
    return buildImage(engine, tag, dockerfile, { buildkit });
  }

  function offline(onto: string, from: string): Promise<Document> {
    const args = [...TAGS, '--onto', onto, '--from', from, '--yes', ...NEVER_RUN];
    return whileStopped(engine, () => rebaseJson<Document>(engine, args));
  }

  /**
   * What `docker inspect` shows, but for what the image was made from, and for what the triggers of
   * the new base do, which a rebase does not carry out.
   */
  async function configOf(image: string): Promise<Record<string, unknown>> {
    const format = '{{json .Config}}';
    const text = await engine.docker('image', 'inspect', '--format', format, image);
    const config = JSON.parse(text) as Record<string, unknown> & {
      Labels: Record<string, string> | null;
    };
    delete config['Image'];
    delete config.Labels?.['made.by'];
    return config;
  }
});
