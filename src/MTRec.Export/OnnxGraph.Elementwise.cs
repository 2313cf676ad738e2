namespace MTRec.Export;

/// <content>Operators that work element by element.</content>
public sealed partial class OnnxGraph
{
    /// <summary>a + b.</summary>
    public OnnxValue Add(OnnxValue a, OnnxValue b) => OnSame("Add", null, a, b);

    /// <summary>a - b.</summary>
    public OnnxValue Sub(OnnxValue a, OnnxValue b) => OnSame("Sub", null, a, b);

    /// <summary>a b.</summary>
    public OnnxValue Mul(OnnxValue a, OnnxValue b) => OnSame("Mul", null, a, b);

    /// <summary>a / b.</summary>
    public OnnxValue Div(OnnxValue a, OnnxValue b) => OnSame("Div", null, a, b);

    /// <summary>a to the power of b.</summary>
    public OnnxValue Pow(OnnxValue a, OnnxValue b) => OnSame("Pow", null, a, b);

    /// <summary>The smaller of a and b.</summary>
    public OnnxValue Min(OnnxValue a, OnnxValue b) => OnSame("Min", null, a, b);

    /// <summary>The larger of a and b.</summary>
    public OnnxValue Max(OnnxValue a, OnnxValue b) => OnSame("Max", null, a, b);

    /// <summary>x kept within [min, max].</summary>
    public OnnxValue Clip(OnnxValue x, float min, float max) => OnFloats("Clip", [x, Scalar(min), Scalar(max)]);

    /// <summary>-x.</summary>
    public OnnxValue Neg(OnnxValue x) => OnSame("Neg", null, x);

    /// <summary>|x|.</summary>
    public OnnxValue Abs(OnnxValue x) => OnSame("Abs", null, x);

    /// <summary>The largest whole number not above x.</summary>
    public OnnxValue Floor(OnnxValue x) => OnFloats("Floor", [x]);

    /// <summary>Square root.</summary>
    public OnnxValue Sqrt(OnnxValue x) => OnFloats("Sqrt", [x]);

    /// <summary>e to the power of x.</summary>
    public OnnxValue Exp(OnnxValue x) => OnFloats("Exp", [x]);

    /// <summary>
    /// Natural logarithm, taken in double: ONNX Runtime's logarithms of floats round an element by its place in the tensor, and a
    /// candidate's score must not depend on its neighbours.
    /// </summary>
    public OnnxValue Log(OnnxValue x)
    {
        Expect(OnnxType.Float32, "Log", x);
        return Cast(Node("Log", OnnxType.Float64, [Cast(x, OnnxType.Float64)]), OnnxType.Float32);
    }

    /// <summary>The error function.</summary>
    public OnnxValue Erf(OnnxValue x) => OnFloats("Erf", [x]);

    /// <summary>max(x, 0).</summary>
    public OnnxValue Relu(OnnxValue x) => OnFloats("Relu", [x]);

    /// <summary>x where positive, slope x elsewhere.</summary>
    public OnnxValue LeakyRelu(OnnxValue x, float slope = 0.01f) => OnFloats("LeakyRelu", [x], Attribute("alpha", slope));

    /// <summary>x where positive, alpha (exp(x) - 1) elsewhere.</summary>
    public OnnxValue Elu(OnnxValue x, float alpha = 1) => OnFloats("Elu", [x], Attribute("alpha", alpha));

    /// <summary>x Phi(x), exactly: x (1 + erf(x / sqrt 2)) / 2. Opset 17 has no operator of its own.</summary>
    public OnnxValue Gelu(OnnxValue x) => x * (Erf(x / MathF.Sqrt(2)) + 1) * 0.5f;

    /// <summary>x sigmoid(x).</summary>
    public OnnxValue Silu(OnnxValue x) => x * Sigmoid(x);

    /// <summary>1 / (1 + exp(-x)).</summary>
    public OnnxValue Sigmoid(OnnxValue x) => OnFloats("Sigmoid", [x]);

    /// <summary>Hyperbolic tangent.</summary>
    public OnnxValue Tanh(OnnxValue x) => OnFloats("Tanh", [x]);

    /// <summary>
    /// log(1 + exp(x)) = max(x, 0) + log(1 + e) for e = exp(-|x|), and log(1 + e) = 2 artanh(z) for z = e / (2 + e), whose series in z to the 13th power is
    /// right to a float's last digit, as z is at most 1/3. ONNX Runtime's own Softplus takes three times as long and rounds an element by its
    /// place in the tensor.
    /// </summary>
    public OnnxValue Softplus(OnnxValue x)
    {
        const int Degree = 13;
        var e = Exp(Neg(Abs(x)));
        var z = e / (e + Scalar(2));
        var square = z * z;
        var series = Scalar(2f / Degree);
        for (var power = Degree - 2; power > 0; power -= 2)
            series = (square * series) + Scalar(2f / power);
        return Relu(x) + (z * series);
    }

    /// <summary>Whether a = b.</summary>
    public OnnxValue Equal(OnnxValue a, OnnxValue b) => OnSame("Equal", OnnxType.Bool, a, b);

    /// <summary>Whether a &gt; b.</summary>
    public OnnxValue Greater(OnnxValue a, OnnxValue b) => OnSame("Greater", OnnxType.Bool, a, b);

    /// <summary>Whether a &lt; b.</summary>
    public OnnxValue Less(OnnxValue a, OnnxValue b) => OnSame("Less", OnnxType.Bool, a, b);

    /// <summary>Whether a does not hold.</summary>
    public OnnxValue Not(OnnxValue a)
    {
        Expect(OnnxType.Bool, "Not", a);
        return Node("Not", OnnxType.Bool, [a]);
    }

    /// <summary><paramref name="yes"/> where the condition holds, <paramref name="no"/> elsewhere.</summary>
    public OnnxValue Where(OnnxValue condition, OnnxValue yes, OnnxValue no)
    {
        Expect(OnnxType.Bool, "Where", condition);
        Expect(yes.Type, "Where", no);
        return Node("Where", yes.Type, [condition, yes, no]);
    }

    /// <summary>x in another element type; floats lose their fraction, truth values become 0 and 1.</summary>
    public OnnxValue Cast(OnnxValue x, OnnxType type) => Node("Cast", type, [x], Attribute("to", (long)type));

    /// <summary>x itself, under another name.</summary>
    public OnnxValue Identity(OnnxValue x) => Node("Identity", x.Type, [x]);
}
