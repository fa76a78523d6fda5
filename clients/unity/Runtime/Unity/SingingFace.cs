// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using UnityEngine;

namespace T2S.Face
{
    /// <summary>Receives a face and moves what is on this object: an ARKit or a FLAME applier, or both.</summary>
    [AddComponentMenu("T2S/Singing Face")]
    public sealed class SingingFace : MonoBehaviour
    {
        [Tooltip("Where the engine is.")]
        public string url = "ws://127.0.0.1:8760/ws";
        [Tooltip("The engine's token, where it has one.")]
        public string token = "";

        private readonly Frame shown = new Frame();
        private FaceReceiver receiver;
        private FaceApplier[] appliers;
        private string said = "";

        /// <summary>The face of this moment.</summary>
        public Frame Shown { get { return shown; } }
        /// <summary>The connection; null while the object is off.</summary>
        public FaceReceiver Receiver { get { return receiver; } }

        private void OnEnable()
        {
            Application.runInBackground = true;
            appliers = GetComponents<FaceApplier>();
            receiver = new FaceReceiver(url, new[] { "arkit", "flame", "voice" }, 60, token);
        }

        private void OnDisable()
        {
            receiver.Dispose();
            receiver = null;
        }

        private void Update()
        {
            if (receiver.Problem != said)
            {
                said = receiver.Problem;
                if (said.Length > 0) Debug.LogWarning("t2s: " + said, this);
            }
            Hello hello = receiver.Hello;
            if (hello == null || !receiver.Sample(shown)) return;
            foreach (FaceApplier applier in appliers) if (applier.enabled) applier.Apply(hello, shown);
        }
    }

    /// <summary>Puts a face on something.</summary>
    public abstract class FaceApplier : MonoBehaviour
    {
        private void OnEnable() { } // gives the component its check box

        public abstract void Apply(Hello hello, Frame frame);
    }
}
