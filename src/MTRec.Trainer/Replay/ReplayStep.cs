using MTRec.Data.Logs;

namespace MTRec.Trainer.Replay;

/// <summary>One impression of the log, offered again among others.</summary>
/// <param name="Shown">What the log says was shown, and the response.</param>
/// <param name="Candidates">The item ids that are ranked, the shown one among them.</param>
/// <param name="ShownPlace">The shown item's place among the candidates.</param>
internal sealed record ReplayStep(Impression Shown, string[] Candidates, int ShownPlace);
