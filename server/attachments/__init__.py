"""Files that people send along: taken in pieces, looked into, kept by their content, given out to whom they concern.

How another feature takes files along
-------------------------------------
A phone chooses an id (``f_…``), announces the file (`PUT /api/attachments/<id>`), sends it in pieces (`PATCH`, with the offset), and
asks for the offset again after a break (`PUT` once more). When the last piece is in, the file is looked into and kept, or refused with
a reason. Only then does the command leave that names it, in ``files: [id, …]`` (shape ``files`` in ``sync/commands``).

In the transaction that executes the command::

    kept, missing = await attachments.hold(tx, args.get("files", ()), account, holder="message/m_1", family="fam_1", service="regie", at)

From then on it belongs to that `holder`: the family named and the agents of that service may read it, nobody else; the nightly job
takes away what no holder claimed within a week. ``files_of(reader, [holder, …])`` gives what rows and pages show of them,
``hand_over`` gives them to another service, ``drop`` lets them go with what held them. On the phone: `pwa/src/local/files.ts`
(the queue that survives being off line) and `pwa/src/ui/Files.svelte` (choosing, with progress); `pwa/src/ui/FileList.svelte` shows them.
"""
